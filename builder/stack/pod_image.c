// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_image.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether the candidate is called so. What it calls itself need not be an image name: an OCI
 * layout's ref.name may be anything. */
static bool is_called(const struct image_candidate *candidate, const struct image_name *wanted)
{
	struct image_name name;
	struct error ignored;

	for (size_t i = 0; i < candidate->name_count; i++)
		if (image_name_parse(candidate->names[i], &name, &ignored) == 0 &&
		    strcmp(name.repository, wanted->repository) == 0 &&
		    strcmp(name.tag, wanted->tag) == 0)
			return true;
	return false;
}

static bool has_digest(const struct image_candidate *candidate, const char *digest)
{
	return strcmp(candidate->manifest_digest, digest) == 0 ||
	       strcmp(candidate->index_digest, digest) == 0;
}

static bool same_image(const struct image_candidate *a, const struct image_candidate *b)
{
	return a->config_digest[0] && strcmp(a->config_digest, b->config_digest) == 0;
}

/* ": here is A, B, C" into a message, as far as it fits. */
static int error_none(const char *text, const struct image_name *wanted,
		      const struct image_candidate *candidates, size_t count, struct error *err)
{
	char there[ERROR_TEXT_BYTES / 2] = "";
	size_t used = 0;

	for (size_t i = 0; i < count && used < sizeof(there); i++) {
		const struct image_candidate *c = &candidates[i];
		const char *name = c->name_count ? c->names[0] : c->reference;
		const char *digest =
			wanted->digest[0] && is_called(c, wanted) ? c->manifest_digest : "";
		used += (size_t)snprintf(there + used, sizeof(there) - used, "%s%s%s%s",
					 i ? ", " : "", name, digest[0] ? "@" : "", digest);
	}
	return error_input(err, "image \"%s\" is not there; there %s %s%s", text,
			   count == 1 ? "is" : "are", count ? there : "none",
			   used >= sizeof(there) ? "..." : "");
}

int image_choose(const char *text, const struct image_candidate *candidates, size_t count,
		 size_t *chosen, struct error *err)
{
	struct image_name wanted;
	size_t found = count;

	if (image_name_parse(text, &wanted, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct image_candidate *c = &candidates[i];
		if (wanted.digest[0] ? !has_digest(c, wanted.digest) : !is_called(c, &wanted))
			continue;
		if (found == count)
			found = i;
		else if (!wanted.digest[0] && !same_image(&candidates[found], c))
			return error_input(err, "image \"%s\" may be %s or %s, which differ", text,
					   candidates[found].reference, c->reference);
	}
	if (found == count)
		return error_none(text, &wanted, candidates, count, err);
	*chosen = found;
	return 0;
}
