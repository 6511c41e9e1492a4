"""Signatures by model-signing itself, with keys and certificates of a small authority."""

import datetime
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from components.saved_model.manifest import (
    MANIFEST,
    SIGNATURE,
    ChangedModelError,
    write_manifest,
)
from components.saved_model.signature import SigningError, check_model, is_signed, sign
from tests.signing import CHANGES, Keys, write_model


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model")


@pytest.fixture
def signed(model, keys, monkeypatch):
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    assert sign(model) and is_signed(model)
    return model


def test_without_a_key_digests_alone_are_checked(model):
    assert not sign(model) and not is_signed(model)
    check_model(model)


def test_a_signed_version_verifies_with_its_key_alone(signed, keys, monkeypatch):
    check_model(signed, keys.public)
    with pytest.raises(ChangedModelError, match=r"does not belong to|does not verify"):
        check_model(signed, keys.other)
    monkeypatch.setenv("MEDTFX_VERIFICATION_KEY", str(keys.other))
    with pytest.raises(ChangedModelError, match=r"does not belong to|does not verify"):
        check_model(signed)


def test_with_a_key_an_unsigned_version_is_refused(model, keys):
    with pytest.raises(ChangedModelError, match="is unsigned"):
        check_model(model, keys.public)


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_manifest_does_not_hide_a_change(signed, keys, change):
    CHANGES[change](signed)
    write_manifest(signed)
    with pytest.raises(ChangedModelError) as error:
        check_model(signed, keys.public)
    assert change.split()[0] in str(error.value)


def test_the_signature_of_another_version_is_refused(signed, keys, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(signed, other)
    (other / "saved_model.pb").write_text("another graph")
    write_manifest(other)
    with pytest.raises(ChangedModelError, match=r"saved_model\.pb"):
        check_model(other, keys.public)


@pytest.mark.parametrize("content", [b"", b"{}", b"junk", b"[" * 600])
def test_a_broken_signature_is_refused(signed, keys, content):
    (signed / SIGNATURE).write_bytes(content)
    with pytest.raises(ChangedModelError, match=r"model\.sig"):
        check_model(signed, keys.public)


def test_a_key_that_others_can_read_is_refused(model, keys, tmp_path, monkeypatch):
    key = tmp_path / "key.pem"
    shutil.copy(keys.private, key)
    key.chmod(0o644)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(key))
    with pytest.raises(SigningError, match="chmod 600"):
        sign(model)


@pytest.mark.parametrize("content", ["", "junk"])
def test_what_is_no_key_is_refused(model, tmp_path, monkeypatch, content):
    key = tmp_path / "key.pem"
    key.write_text(content)
    key.chmod(0o600)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(key))
    with pytest.raises(SigningError, match="openssl ecparam"):
        sign(model)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(tmp_path / "nowhere"))
    with pytest.raises(SigningError, match="is not a file"):
        sign(model)


def test_what_is_no_public_key_is_refused(signed, tmp_path):
    (tmp_path / "key").write_text("junk")
    with pytest.raises(SigningError, match="-pubout"):
        check_model(signed, tmp_path / "key")


def test_the_manifest_is_signed_too(signed, keys):
    content = (signed / MANIFEST).read_text()
    (signed / MANIFEST).write_text(content + " ")
    with pytest.raises(ChangedModelError, match=r"manifest\.json"):
        check_model(signed, keys.public)


# === A certificate of the site's authority ===


def certificate(subject, public_key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    by, of = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        for text in (issuer, subject)
    )
    builder = x509.CertificateBuilder(by, of, public_key, x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path, keys):
    """Files: the certificates of an authority, of the key that it certified, and of another."""
    own = serialization.load_pem_private_key(keys.private.read_bytes(), None)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    signs = x509.KeyUsage(digital_signature=True, **usage)
    made = []
    for name in ("site", "other"):
        root = ec.generate_private_key(ec.SECP256R1())
        is_root = x509.BasicConstraints(ca=True, path_length=0)
        made.append(tmp_path / f"{name}.pem")
        made[-1].write_bytes(certificate(name, root.public_key(), name, root, is_root))
        if name == "site":
            made.append(tmp_path / "signer.pem")
            made[-1].write_bytes(certificate("signer", own.public_key(), name, root, signs))
    return made


def test_the_certificate_of_the_authority_verifies(model, keys, authority, monkeypatch):
    site, signer, other = authority
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    monkeypatch.setenv("MEDTFX_SIGNING_CERTIFICATE", str(signer))
    assert sign(model)
    check_model(model, site)
    with pytest.raises(ChangedModelError, match=r"model\.sig does not verify"):
        check_model(model, other)
    (model / "extra.so").touch()
    write_manifest(model)
    with pytest.raises(ChangedModelError, match=r"extra\.so"):
        check_model(model, site)


def test_the_certificate_of_another_key_is_refused(model, authority, monkeypatch, tmp_path):
    another = Keys(tmp_path)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(another.private))
    monkeypatch.setenv("MEDTFX_SIGNING_CERTIFICATE", str(authority[1]))
    with pytest.raises(SigningError, match="does not match"):
        sign(model)
