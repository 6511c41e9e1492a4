"""The section `dicom`: which images of a PACS are answered, and where the results go."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.recipe.base import Positive, Section
from components.recipe.dicom_report import DicomReport

# PS3.5, 6.2: 1 to 16 characters of ASCII without \, and no space at either end.
AE_TITLE = r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?"
AeTitle = Annotated[str, Field(pattern=f"^{AE_TITLE}$")]
CodeString = Annotated[str, Field(pattern=r"^[A-Z0-9 _]{1,16}$")]
Port = Annotated[int, Field(gt=0, lt=65536)]


class Accept(Section):
    """Which images are answered: those that fit every rule.

    Localizers, secondary captures, structured reports and presentation states are never answered,
    so that the results of the model are not taken for images.

    Attributes:
        modality: values of Modality (0008,0060).
        body_part: values of Body Part Examined (0018,0015). Empty: any.
        view: values of View Position (0018,5101). Empty: any.
        photometric: values of Photometric Interpretation (0028,0004).
        max_age_days: largest age of a study in days, by its Study Date (0008,0020): an older one is
            a prior. None: any.
        missing: what holds for an image without a tag that a rule asks for: `refuse`, or `accept`
            as if it fitted. Modality and Photometric Interpretation are always needed.
    """

    modality: tuple[CodeString, ...] = Field(default=("CR", "DX"), min_length=1)
    body_part: tuple[CodeString, ...] = ()
    view: tuple[CodeString, ...] = ()
    photometric: tuple[CodeString, ...] = Field(
        default=("MONOCHROME1", "MONOCHROME2"), min_length=1
    )
    max_age_days: Positive | None = 7
    missing: Literal["refuse", "accept"] = "refuse"


class Destination(Section):
    """Where results are sent: by C-STORE, or by STOW-RS.

    Attributes:
        ae_title: of the PACS, for C-STORE.
        host: its name or address.
        port: its port.
        tls: whether the connection is encrypted.
        url: for STOW-RS instead: address of its DICOMweb service, without `/studies`.
    """

    ae_title: AeTitle | None = None
    host: str | None = None
    port: Port = 104
    tls: bool = False
    url: str | None = None

    @field_validator("url")
    @classmethod
    def _http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError(
                "url is the address of a DICOMweb service, such as https://pacs.example/dicom-web. "
                f"Received: {url!r}"
            )
        return url

    @model_validator(mode="after")
    def _one_way(self) -> "Destination":
        store = self.ae_title is not None and self.host is not None
        partly = self.ae_title is not None or self.host is not None
        if (self.url is not None and partly) or (self.url is None and not store):
            raise ValueError(
                "a destination has ae_title and host (C-STORE), or url (STOW-RS), and not both. "
                f"Received: ae_title {self.ae_title!r}, host {self.host!r}, url {self.url!r}"
            )
        return self


class DicomSection(Section):
    """How `medtfx dicom-node` answers the images of a PACS.

    Attributes:
        accept: which images are answered.
        others: what a study gets for images that do not fit: `ignore`: nothing; `report`: a report
            that says why each was not answered.
        quiet_seconds: a study is complete when so many seconds have brought no further image.
        callers: calling AE titles that may send by C-STORE. Empty: those of `--caller`.
        destination: where results are sent. None: `medtfx dicom-node` does not start.
        report: how the predictions are written into the study.
    """

    accept: Accept = Accept()
    others: Literal["ignore", "report"] = "ignore"
    quiet_seconds: Positive = 30
    callers: tuple[AeTitle, ...] = ()
    destination: Destination | None = None
    report: DicomReport = DicomReport()
