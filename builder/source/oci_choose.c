// SPDX-License-Identifier: Apache-2.0
/* Which entry of an index is meant. */
#include <stdio.h>
#include <string.h>

#include "builder/source/media_type.h"
#include "builder/source/oci.h"

/* Signatures, SBOMs and build attestations stand in an index beside the images. */
static bool may_be_image(const struct oci_descriptor *entry)
{
	return !entry->artifact_type && (media_type_is_index(entry->media_type) ||
					 media_type_is_manifest(entry->media_type));
}

static bool same_tag(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int rank(const struct oci_descriptor *entry, const struct platform *platform)
{
	if (!may_be_image(entry) || !entry->architecture ||
	    (entry->os && strcmp(entry->os, "linux") != 0))
		return -1;
	return platform_rank(platform, entry->architecture, entry->variant);
}

/* Appends to `text`, which is cut when full. */
static void append(char *text, size_t capacity, const char *separator, const char *word)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, capacity - used, "%s%s", used ? separator : "", word);
}

static void append_platform(char *text, size_t capacity, const struct oci_descriptor *entry)
{
	char word[128];

	(void)snprintf(word, sizeof(word), "%s%s%s", entry->architecture,
		       entry->variant && *entry->variant ? "/" : "",
		       entry->variant ? entry->variant : "");
	append(text, capacity, ", ", word);
}

/* Among the entries for which `tag_matters` is false or whose tag is `tag`. */
static int choose(const struct oci_index *index, bool tag_matters, const char *tag,
		  const struct platform *platform, const struct oci_descriptor **chosen,
		  struct error *err)
{
	const struct oci_descriptor *best = NULL, *unnamed = NULL;
	size_t images = 0, unnamed_count = 0;
	char found[512] = "";
	int best_rank = -1;

	for (size_t i = 0; i < index->count; i++) {
		const struct oci_descriptor *entry = &index->manifests[i];
		if (!may_be_image(entry) || (tag_matters && !same_tag(entry->ref_name, tag)))
			continue;
		images++;
		if (!entry->architecture) {
			unnamed = entry;
			unnamed_count++;
			continue;
		}
		append_platform(found, sizeof(found), entry);
		int r = rank(entry, platform);
		if (r > best_rank) {
			best_rank = r;
			best = entry;
		}
	}
	if (!best && unnamed_count == 1)
		best = unnamed;
	if (!best && images == 0)
		return error_input(err, "the index holds no image");
	if (!best && unnamed_count > 1)
		return error_input(err, "the index holds %zu images that name no platform",
				   unnamed_count);
	if (!best)
		return error_input(err, "no image for %s%s%s: there is %s", platform->architecture,
				   *platform->variant ? "/" : "", platform->variant, found);
	*chosen = best;
	return 0;
}

int oci_index_choose_platform(const struct oci_index *index, const struct platform *platform,
			      const struct oci_descriptor **chosen, struct error *err)
{
	return choose(index, false, NULL, platform, chosen, err);
}

static void list_tags(const struct oci_index *index, char *text, size_t capacity)
{
	for (size_t i = 0; i < index->count; i++) {
		const char *name = index->manifests[i].ref_name;
		bool seen = !may_be_image(&index->manifests[i]);
		for (size_t j = 0; j < i && !seen; j++)
			seen = same_tag(name, index->manifests[j].ref_name);
		if (!seen)
			append(text, capacity, ", ", name ? name : "(none)");
		if (strlen(text) + 1 >= capacity)
			return;
	}
}

int oci_index_choose_tag(const struct oci_index *index, const char *tag,
			 const struct platform *platform, const struct oci_descriptor **chosen,
			 struct error *err)
{
	char tags[512] = "";
	const char *name = tag;
	size_t images = 0;

	for (size_t i = 0; i < index->count; i++) {
		const struct oci_descriptor *entry = &index->manifests[i];
		if (!may_be_image(entry) || (tag && !same_tag(entry->ref_name, tag)))
			continue;
		if (images++ > 0 && !same_tag(entry->ref_name, name)) {
			list_tags(index, tags, sizeof(tags));
			return error_input(err, "holds several images, so name a tag: %s", tags);
		}
		name = entry->ref_name;
	}
	if (tag && images == 0) {
		list_tags(index, tags, sizeof(tags));
		return error_input(err, "no image is tagged \"%.100s\": there is %s", tag,
				   *tags ? tags : "none");
	}
	return choose(index, true, name, platform, chosen, err);
}
