"""Frozen models of the contents of a store and of probes, without I/O."""

from cacheview.model.config import (
    CONFIG_FIELDS,
    ContainerConfig,
    FieldKind,
    HealthConfig,
    field_kind,
    is_default,
)
from cacheview.model.config_text import ConfigTextError, ReadConfig, config_text, read_config
from cacheview.model.containers import NO_CONTAINERS, Container, Containers
from cacheview.model.decode import decode, footprint, is_too_deep
from cacheview.model.doubt import Aspect, Doubt
from cacheview.model.errors import BadReferenceError, DataError, NoSuchImageError, SpecifierError
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
from cacheview.model.release import DockerVersion, Release, StoreKind
from cacheview.model.store import ImageStore, LayerContent, Problem, StoreOrigin
from cacheview.model.suite import Expectation, SuiteCase, SuiteEngine, SuiteProbe
from cacheview.model.timestamp import Timestamp

__all__ = [
    "CONFIG_FIELDS",
    "NO_CONTAINERS",
    "SCRATCH",
    "Aspect",
    "BadReferenceError",
    "ConfigTextError",
    "Container",
    "ContainerConfig",
    "Containers",
    "DataError",
    "DockerVersion",
    "Doubt",
    "Expectation",
    "FieldKind",
    "HealthConfig",
    "HistoryEntry",
    "Image",
    "ImageConfig",
    "ImageStore",
    "LayerContent",
    "NoSuchImageError",
    "Platform",
    "Probe",
    "Problem",
    "ReadConfig",
    "Reference",
    "Release",
    "RootFS",
    "SpecifierError",
    "StoreKind",
    "StoreOrigin",
    "SuiteCase",
    "SuiteEngine",
    "SuiteProbe",
    "Timestamp",
    "Variant",
    "config_text",
    "decode",
    "familiar",
    "field_kind",
    "footprint",
    "instruction_of",
    "is_default",
    "is_too_deep",
    "parse_reference",
    "read_config",
    "short_id",
]
