// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <time.h>

#include "builder/source/oci.h"

static bool digits(const char **text, int count, int min, int max, int *value)
{
	int n = 0;

	for (int i = 0; i < count; i++) {
		if (**text < '0' || **text > '9')
			return false;
		n = n * 10 + (*(*text)++ - '0');
	}
	*value = n;
	return n >= min && n <= max;
}

static bool literal(const char **text, char a, char b)
{
	if (**text != a && **text != b)
		return false;
	(*text)++;
	return true;
}

static bool date_and_time(const char **text, struct tm *tm)
{
	int year, month;

	if (!digits(text, 4, 1, 9999, &year) || !literal(text, '-', '-') ||
	    !digits(text, 2, 1, 12, &month) || !literal(text, '-', '-') ||
	    !digits(text, 2, 1, 31, &tm->tm_mday) || !literal(text, 'T', 't') ||
	    !digits(text, 2, 0, 23, &tm->tm_hour) || !literal(text, ':', ':') ||
	    !digits(text, 2, 0, 59, &tm->tm_min) || !literal(text, ':', ':') ||
	    !digits(text, 2, 0, 60, &tm->tm_sec))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return true;
}

static bool fraction(const char **text)
{
	if (**text != '.')
		return true;
	const char *first = ++*text;
	while (**text >= '0' && **text <= '9')
		(*text)++;
	return *text != first;
}

/* "Z" or "+01:00", in seconds east of UTC. */
static bool zone(const char **text, int *east)
{
	int hours, minutes, sign = **text == '-' ? -1 : 1;

	*east = 0;
	if (literal(text, 'Z', 'z'))
		return true;
	if (!literal(text, '+', '-') || !digits(text, 2, 0, 23, &hours) ||
	    !literal(text, ':', ':') || !digits(text, 2, 0, 59, &minutes))
		return false;
	*east = sign * (hours * 3600 + minutes * 60);
	return true;
}

int oci_time_parse(const char *text, int64_t *seconds, struct error *err)
{
	const char *p = text;
	struct tm tm = { 0 };
	int east;

	if (!date_and_time(&p, &tm) || !fraction(&p) || !zone(&p, &east) || *p != '\0')
		return error_input(err, "\"%.100s\" is not a time as in RFC 3339", text);
	*seconds = (int64_t)timegm(&tm) - east;
	return 0;
}
