import ssl

import pytest

from serving.protocol.errors import ServingError
from serving.protocol.tls import Tls, load_pair


def test_files_of_an_authority_and_of_a_client(authority):
    pair = authority.issue("10.0.0.1")
    tls = Tls(authority.roots, pair.certificate, pair.key)
    assert [dict(*one["subject"])["commonName"] for one in tls.context().get_ca_certs()] == [
        "authority"
    ]
    assert tls.credentials()


def test_without_files_the_public_authorities_count():
    assert Tls().context().verify_mode == ssl.CERT_REQUIRED
    assert Tls().credentials()


def test_what_is_wrong_with_a_file_is_said(authority, tmp_path):
    pair, other = authority.issue(), authority.issue("10.0.0.1")
    missing = tmp_path / "missing.pem"
    for files, words in (
        ((missing,), "missing.pem (no such file or directory)"),
        ((pair.key,), f"{pair.key} (no certificate or crl found)"),
        ((None, pair.certificate), "no key."),
        ((None, None, pair.key), "no certificate, "),
        ((None, pair.certificate, other.key), "(key values mismatch)"),
        ((None, missing, pair.key), "(no such file or directory)"),
    ):
        with pytest.raises(ServingError) as raised:
            Tls(*files)
        assert words in str(raised.value)


def test_an_encrypted_key_is_refused_without_asking_for_its_password(authority, tmp_path):
    from cryptography.hazmat.primitives import serialization as forms

    pair, locked = authority.issue(), tmp_path / "locked.key"
    key = forms.load_pem_private_key(pair.key.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.BestAvailableEncryption(b"secret")
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(ServingError, match="HTTPS needs a certificate and its key, unencrypted"):
        load_pair(context, pair.certificate, locked, "HTTPS")


@pytest.mark.parametrize(("mode", "taken"), [(0o400, True), (0o440, True), (0o644, False)])
def test_a_key_that_others_can_read_is_refused(authority, mode, taken):
    pair = authority.issue()
    pair.key.chmod(mode)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if taken:
        load_pair(context, pair.certificate, pair.key, "HTTPS")
    else:
        with pytest.raises(ServingError, match=f"mode 0644. Run: chmod 600 {pair.key}"):
            load_pair(context, pair.certificate, pair.key, "HTTPS")
