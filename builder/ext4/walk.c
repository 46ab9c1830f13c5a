// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/walk.h"

#include <string.h>

struct name {
	char *text;
	uint32_t number;
};

/* A directory whose names are being visited. */
struct frame {
	struct name *names;
	size_t count, capacity, next;
	size_t path_length; /* of the directory */
};

struct walk {
	struct ext4_reader *reader;
	struct frame *frames;
	size_t depth, capacity;
	uint8_t *met; /* a bit for each inode number that was met as a directory */
	size_t met_bytes;
	char path[EXT4_PATH_MAX_BYTES];
};

static void frame_release(struct frame *frame)
{
	for (size_t i = 0; i < frame->count; i++)
		free(frame->names[i].text);
	free(frame->names);
}

static void walk_release(struct walk *w)
{
	while (w->depth)
		frame_release(&w->frames[--w->depth]);
	free(w->frames);
	free(w->met);
}

static int meet(struct walk *w, uint32_t number, struct error *err)
{
	size_t byte = number / 8;
	uint8_t bit = (uint8_t)(1 << number % 8);

	if (byte >= w->met_bytes) {
		size_t bytes = 2 * byte + 64;
		uint8_t *met = realloc(w->met, bytes);
		if (!met)
			return error_memory(err);
		memset(met + w->met_bytes, 0, bytes - w->met_bytes);
		w->met = met;
		w->met_bytes = bytes;
	}
	if (w->met[byte] & bit)
		return error_input(err, "directory %u is in the tree twice: %s", number, w->path);
	w->met[byte] |= bit;
	return 0;
}

static int collect(void *context, const char *text, uint32_t number, struct error *err)
{
	struct frame *frame = context;

	if (frame->count == frame->capacity) {
		size_t capacity = frame->capacity ? 2 * frame->capacity : 16;
		struct name *names = reallocarray(frame->names, capacity, sizeof(*names));
		if (!names)
			return error_memory(err);
		frame->names = names;
		frame->capacity = capacity;
	}
	char *copy = strdup(text);
	if (!copy)
		return error_memory(err);
	frame->names[frame->count++] = (struct name){ copy, number };
	return 0;
}

static int enter(struct walk *w, uint32_t number, struct error *err)
{
	if (meet(w, number, err) < 0)
		return -1;
	if (w->depth == w->capacity) {
		size_t capacity = w->capacity ? 2 * w->capacity : 16;
		struct frame *frames = reallocarray(w->frames, capacity, sizeof(*frames));
		if (!frames)
			return error_memory(err);
		w->frames = frames;
		w->capacity = capacity;
	}
	struct frame *frame = &w->frames[w->depth++];
	*frame = (struct frame){ .path_length = strlen(w->path) };
	return ext4_list(w->reader, number, collect, frame, err);
}

static int set_path(struct walk *w, const struct frame *frame, const char *name, struct error *err)
{
	size_t at = frame->path_length, length = strlen(name);

	if (at + 1 + length >= sizeof(w->path))
		return error_input(err, "a path is longer than %zu bytes", sizeof(w->path) - 1);
	if (at)
		w->path[at++] = '/';
	memcpy(w->path + at, name, length + 1);
	return 0;
}

int ext4_walk(struct ext4_reader *reader, uint32_t number, bool deep,
	      int (*visit)(void *context, const char *path, const struct ext4_file *file,
			   struct error *err),
	      void *context, struct error *err)
{
	CLEANUP(walk_release) struct walk walk = { .reader = reader };
	struct ext4_file file = { 0 };

	if (ext4_stat(reader, number, &file, err) < 0 || visit(context, walk.path, &file, err) < 0)
		return -1;
	if (deep && S_ISDIR(file.mode) && enter(&walk, number, err) < 0)
		return -1;
	while (walk.depth) {
		struct frame *frame = &walk.frames[walk.depth - 1];
		if (frame->next == frame->count) {
			frame_release(frame);
			walk.depth--;
			continue;
		}
		const struct name *name = &frame->names[frame->next++];
		if (set_path(&walk, frame, name->text, err) < 0 ||
		    ext4_stat(reader, name->number, &file, err) < 0)
			return -1;
		bool directory =
			S_ISDIR(file.mode); /* the visitor's own calls may end `file`'s pointers */
		if (visit(context, walk.path, &file, err) < 0)
			return -1;
		if (directory && enter(&walk, name->number, err) < 0)
			return -1;
	}
	return 0;
}
