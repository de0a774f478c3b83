"""What a store holds and what a probe asks: frozen models, no I/O."""

from cacheview.model.config import (
    CONFIG_FIELDS,
    ContainerConfig,
    FieldKind,
    HealthConfig,
    field_kind,
    is_default,
)
from cacheview.model.decode import decode
from cacheview.model.errors import DataError
from cacheview.model.image import (
    SCRATCH,
    HistoryEntry,
    Image,
    ImageConfig,
    Platform,
    RootFS,
    Variant,
    familiar,
    instruction_of,
    short_id,
)
from cacheview.model.probe import Probe
from cacheview.model.reference import Reference, parse_reference
from cacheview.model.store import ImageStore, Problem
from cacheview.model.suite import Expectation, SuiteCase, SuiteProbe
from cacheview.model.timestamp import Timestamp

__all__ = [
    "CONFIG_FIELDS",
    "SCRATCH",
    "ContainerConfig",
    "DataError",
    "Expectation",
    "FieldKind",
    "HealthConfig",
    "HistoryEntry",
    "Image",
    "ImageConfig",
    "ImageStore",
    "Platform",
    "Probe",
    "Problem",
    "Reference",
    "RootFS",
    "SuiteCase",
    "SuiteProbe",
    "Timestamp",
    "Variant",
    "decode",
    "familiar",
    "field_kind",
    "instruction_of",
    "is_default",
    "parse_reference",
    "short_id",
]
