// SPDX-License-Identifier: Apache-2.0
/* A CMS signature, over a fixed descriptor, by a party that is not trusted: nothing is accepted.
 * And a trusted certificate, as PEM, for a junk signature. */
#include <stdlib.h>

#include "format/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Self-signed, P-256; its key is gone. */
static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBjzCCATWgAwIBAgIUPx59EhoIFWe++TdjbmyOILWtspIwCgYIKoZIzj0EAwIw\n"
	"HTEbMBkGA1UEAwwScG9kc2VhbCB0ZXN0IFAtMjU2MB4XDTI2MTEyNDIzMzIyMloX\n"
	"DTI2MTEyNTIzMzIyMlowHTEbMBkGA1UEAwwScG9kc2VhbCB0ZXN0IFAtMjU2MFkw\n"
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEslLLZl2Fo7WfKIPrqwYDdx40SM5abnH1\n"
	"4CKMwlT8U6dL0y9o1BiMQqCEMvmrpgVjwqeJiin0WcELjLMXY+GleqNTMFEwHQYD\n"
	"VR0OBBYEFKbd3GWLQhHaJr4VAKLjy5QF45pzMB8GA1UdIwQYMBaAFKbd3GWLQhHa\n"
	"Jr4VAKLjy5QF45pzMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg\n"
	"Foy9yeTUDTzFsBslbqDYoRZVXSt63xWmVDFddsjjUukCIQD3jDMNKz5etHyeEHwT\n"
	"gAuOtkaL9c10H3CBTdQ/Ln17dA==\n"
	"-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t descriptor[] = "{}";
	const struct pem trusted[] = {
		{ (const uint8_t *)certificate, sizeof(certificate) - 1 },
		{ data, size },
	};
	struct error err;

	if (signature_verify(descriptor, sizeof(descriptor) - 1, data, size, trusted, 1, &err) == 0)
		abort();
	if (signature_verify(descriptor, sizeof(descriptor) - 1, data, size, trusted, 2, &err) == 0)
		abort();
	return 0;
}
