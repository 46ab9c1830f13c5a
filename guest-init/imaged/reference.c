// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/reference.h"

#include <stdio.h>
#include <string.h>

static bool same_repository(const struct sealed_container *c, const struct image_name *wanted)
{
	return c->has_image && strcmp(c->image.repository, wanted->repository) == 0;
}

static bool has_digest(const struct sealed_container *c, const char *digest)
{
	return strcmp(c->manifest_digest, digest) == 0 || strcmp(c->image.digest, digest) == 0;
}

static bool is_meant(const struct sealed_container *c, const struct image_name *wanted)
{
	if (!same_repository(c, wanted))
		return false;
	if (wanted->digest[0])
		return has_digest(c, wanted->digest);
	return c->image.tag[0] && strcmp(c->image.tag, wanted->tag) == 0;
}

static bool same_image(const struct sealed_container *a, const struct sealed_container *b)
{
	return a->manifest_digest[0] && strcmp(a->manifest_digest, b->manifest_digest) == 0;
}

static bool named_before(const struct sealed_pod *pod, size_t i)
{
	const struct image_name *a = &pod->containers[i].image;

	for (size_t j = 0; j < i; j++) {
		const struct image_name *b = &pod->containers[j].image;
		if (pod->containers[j].has_image && strcmp(a->repository, b->repository) == 0 &&
		    strcmp(a->tag, b->tag) == 0 && strcmp(a->digest, b->digest) == 0)
			return true;
	}
	return false;
}

/* "docker.io/library/nginx:1.25, quay.io/app@sha256:...", cut where the message ends. */
static int refuse_unsealed(const char *text, const struct sealed_pod *pod, struct error *err)
{
	char sealed[ERROR_TEXT_BYTES / 2 - 64] = "", name[IMAGE_NAME_TEXT_BYTES];
	size_t used = 0;

	for (size_t i = 0; i < pod->count && used < sizeof(sealed); i++) {
		if (!pod->containers[i].has_image || named_before(pod, i))
			continue;
		image_name_format(&pod->containers[i].image, name);
		used += (size_t)snprintf(sealed + used, sizeof(sealed) - used, "%s%s",
					 used ? ", " : "", name);
	}
	return error_mismatch(err, "image %s is not part of the sealed pod; sealed: %s%s", text,
			      used ? sealed : "no image that has a name",
			      used >= sizeof(sealed) ? "..." : "");
}

static int refuse(const char *text, const struct image_name *wanted, const struct sealed_pod *pod,
		  struct error *err)
{
	for (size_t i = 0; i < pod->count && wanted->digest[0]; i++) {
		const struct sealed_container *c = &pod->containers[i];
		if (!same_repository(c, wanted) ||
		    (wanted->tag[0] && strcmp(c->image.tag, wanted->tag) != 0))
			continue;
		return error_mismatch(err,
				      "image %s has another digest than the one in the sealed "
				      "pod, %s",
				      text,
				      c->manifest_digest[0] ? c->manifest_digest
							    : "which was sealed without one");
	}
	return refuse_unsealed(text, pod, err);
}

int reference_find(const char *text, const struct sealed_pod *pod, size_t *container,
		   struct error *err)
{
	const struct sealed_container *all = pod->containers;
	struct image_name wanted;
	size_t found = pod->count;

	if (image_name_parse(text, &wanted, err) < 0)
		return -1;
	for (size_t i = 0; i < pod->count; i++) {
		if (!is_meant(&all[i], &wanted))
			continue;
		if (found == pod->count)
			found = i;
		else if (!same_image(&all[found], &all[i]))
			return error_mismatch(err,
					      "image %s is sealed twice, as containers %s and %s, "
					      "and they differ",
					      text, all[found].name, all[i].name);
	}
	if (found == pod->count)
		return refuse(text, &wanted, pod, err);
	*container = found;
	return 0;
}
