"""The environment variables of medtfx: all of them, and nothing else reads one by its name.

Variables of other programs (AWS_*, KF_PIPELINES_*, METADATA_GRPC_SERVICE_*, TF_*) keep the meaning
that those give them, and are read where they are needed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Attributes:
        name: `MEDTFX_...`.
        meaning: what its value is, as a phrase.
        default: what holds where it is not set or empty, as a phrase.
        read_by: the commands or nodes that read it.
    """

    name: str
    meaning: str
    default: str
    read_by: str

    def __str__(self) -> str:
        return self.name

    def get(self, environment: Mapping[str, str] = os.environ) -> str:
        """Returns the value, '' where the variable is not set."""
        return environment.get(self.name, "")


HOME = Variable(
    "MEDTFX_HOME",
    "folder of everything that medtfx writes on this machine: artifacts, metadata, runs, models",
    "`medtfx-home` in the current folder",
    "every command with the option `--home`, which has precedence",
)
WEIGHTS = Variable(
    "MEDTFX_WEIGHTS",
    "folder of Keras weights files of the backbones, for `model.weights: imagenet`",
    "Keras downloads the weights",
    "`medtfx run`, `tune` and `compare`; the nodes Trainer and Trial",
)
UMASK = Variable(
    "MEDTFX_UMASK",
    "umask of everything that is written, in octal: 027 lets the group read, as a TensorFlow "
    "Serving that runs as another user has to, and 022 everybody",
    "077, the user alone; on Kubeflow Pipelines 027, user 10001 and group 0",
    "every command but `medtfx serving-config` and `medtfx kubeflow`, whose files others read; "
    "every node on Kubeflow Pipelines",
)
PATIENT_KEY = Variable(
    "MEDTFX_PATIENT_KEY",
    "the site's secret key: patients and paths are written to disk only as hashes with this key",
    "the file `patient.key` in the home, or in the root of a volume, which the first run creates; "
    "with artifacts in object storage there is no default",
    "every command that lists a data folder; `medtfx dicom-fetch`; the node ImageExampleGen and "
    "the task Retraining",
)
ML_METADATA = Variable(
    "MEDTFX_MLMD",
    "address of ML Metadata on a cluster: `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, "
    "`grpc://HOST:PORT` or `sqlite:////ABSOLUTE/PATH`; `kfp` for that of Kubeflow Pipelines, which "
    "its version 3.0 removes",
    "none; needed",
    "every node on Kubeflow Pipelines; `medtfx kubeflow metadata`; commands with `--cluster`; "
    "`medtfx kubeflow status`, `submit` and `runs`, which show by it what a run came to, also when "
    "its pods are gone",
)
CHECKPOINTS = Variable(
    "MEDTFX_CHECKPOINTS",
    "folder on a volume for the state of unfinished trainings on a cluster",
    "`<root>/checkpoints` where the root is on a volume, else a folder that is lost with the pod",
    "the nodes Trainer and Trial on Kubeflow Pipelines",
)
BEAM_PATIENCE = Variable(
    "MEDTFX_BEAM_PATIENCE",
    "minutes in which an engine of Beam may stand still before its job is cancelled; 0: any",
    "30: in the small job before a run from its start, in other jobs from the first figure that "
    "the engine reports; a job without figures has no limit",
    "`medtfx run` and `bulk-score` with a runner of an engine; the nodes on Beam",
)
BEAM_POOL_CHECK = Variable(
    "MEDTFX_BEAM_POOL_CHECK",
    "`off`: the pool of Beam's workers is not asked before a run, because only the engine can "
    "reach it",
    "it is asked, and on this machine has to start a worker",
    "`medtfx run` and `bulk-score` with a runner of an engine; the nodes on Beam",
)
ROOT_CERTIFICATES = Variable(
    "MEDTFX_ROOT_CERTIFICATES",
    "PEM file of the authorities that sign the certificate of a model server (TLS)",
    "the public authorities",
    "every command with the option `--root-certificates`, which has precedence",
)
CLIENT_CERTIFICATE = Variable(
    "MEDTFX_CLIENT_CERTIFICATE",
    "PEM file of the certificate that a client shows to a model server (mutual TLS)",
    "none is shown",
    "every command with the option `--client-certificate`, which has precedence",
)
CLIENT_KEY = Variable(
    "MEDTFX_CLIENT_KEY",
    "PEM file of the key of that certificate",
    "none; needed with a client certificate",
    "every command with the option `--client-key`, which has precedence",
)
APP_TOKEN = Variable(
    "MEDTFX_APP_TOKEN",
    "secret that a visitor of the web page must know",
    "none; needed where other machines reach the page",
    "`medtfx app`, whose option `--token` has precedence",
)
DICOM_NODE_TOKEN = Variable(
    "MEDTFX_DICOM_NODE_TOKEN",
    "secret that STOW-RS, the metrics and the page of the DICOM node ask for: as a bearer token, "
    "or as the password of any user",
    "none; needed where other machines reach the node",
    "`medtfx dicom-node`, whose option `--token` has precedence",
)
DICOMWEB_TOKEN = Variable(
    "MEDTFX_DICOMWEB_TOKEN",
    "bearer token that is shown to the DICOMweb service of the PACS",
    "none is shown",
    "`medtfx dicom-node`, where `dicom.destination.url` names a service; `medtfx dicom-fetch "
    "--dicomweb`",
)
ALLOW_BY = Variable(
    "MEDTFX_ALLOW_BY",
    "`yes`: `--by` may name any person, for a site whose people share a user, or whose containers "
    "run under a number",
    "a decision is recorded under the name of the user of the system",
    "`medtfx approve`, `reject`, `promote`, `canary`, `rollback`",
)
SERVING_TOKEN = Variable(
    "MEDTFX_SERVING_TOKEN",
    "secret that a model server asks for, and that a client shows to it",
    "none; needed where other machines reach `medtfx serve`",
    "`medtfx serve`; every command that calls a model server; `serving.client.Client`",
)
RELOAD_TOKEN = Variable(
    "MEDTFX_RELOAD_TOKEN",
    "secret that a request for another configuration shows to a model server",
    "`reload.token` in the served folder, which `medtfx serve --allow-reload` makes for its user; "
    "to a server on another machine, MEDTFX_SERVING_TOKEN",
    "`medtfx serve --allow-reload`; `medtfx promote`, `canary` and `rollback` with `--server`",
)
SIGNING_KEY = Variable(
    "MEDTFX_SIGNING_KEY",
    "PEM file of the site's private key (elliptic curve), which signs every pushed version",
    "versions are pushed unsigned; the digests of their files are checked nevertheless",
    "the node Pusher, so `medtfx run` and `medtfx approve`",
)
SIGNING_CERTIFICATE = Variable(
    "MEDTFX_SIGNING_CERTIFICATE",
    "PEM file of the certificate of that key, where an authority of the site issues one",
    "the key alone",
    "the node Pusher",
)
VERIFICATION_KEY = Variable(
    "MEDTFX_VERIFICATION_KEY",
    "PEM file of the public key, or of the authority's certificate: unsigned versions are refused",
    "signatures are not looked at; the digests are",
    "the node Pusher; `medtfx promote`, `canary`, `rollback`, `serve`, `verify-model`, `versions` "
    "and every command that loads a model",
)

VARIABLES = (
    HOME,
    UMASK,
    WEIGHTS,
    PATIENT_KEY,
    ML_METADATA,
    CHECKPOINTS,
    BEAM_PATIENCE,
    BEAM_POOL_CHECK,
    ROOT_CERTIFICATES,
    CLIENT_CERTIFICATE,
    CLIENT_KEY,
    APP_TOKEN,
    DICOM_NODE_TOKEN,
    DICOMWEB_TOKEN,
    ALLOW_BY,
    SERVING_TOKEN,
    RELOAD_TOKEN,
    SIGNING_KEY,
    SIGNING_CERTIFICATE,
    VERIFICATION_KEY,
)
