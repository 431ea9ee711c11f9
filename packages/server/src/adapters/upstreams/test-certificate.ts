/** A certificate of `localhost` for servers of tests, and its key: nothing else trusts it, and it guards nothing. */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUYSecIpjYVLjxVEwcF/XItUQBVdcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDEzNTgxMloYDzIxMjYxMDI3
MTM1ODEyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQa9GatiTUfvun/6YHVaRJa5mtlhdiT7F5k9/pry5l+rWZfoOiUCNyk
NtY60T+dFwxFXDyp/V4CNUF2S3PBTMZPo28wbTAdBgNVHQ4EFgQUiYzsMQ3n19Ma
Duo2FxWYNzck3kAwHwYDVR0jBBgwFoAUiYzsMQ3n19MaDuo2FxWYNzck3kAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIga/4n+m61/y08GtWKV6N0qDuEU1CNpZSqXFY5NwqnqIUCIQC4
lmv+Xe/Z4ic5WicXM2YifPUmCBdUrEhnHlYfPtZm+Q==
-----END CERTIFICATE-----
`;

export const testCertificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJftqC8nPiaCN/Swe
bauh/XlvQpJsE/dmqFl1fgKvf1ShRANCAAQa9GatiTUfvun/6YHVaRJa5mtlhdiT
7F5k9/pry5l+rWZfoOiUCNykNtY60T+dFwxFXDyp/V4CNUF2S3PBTMZP
-----END PRIVATE KEY-----
`;
