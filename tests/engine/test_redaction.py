"""A store saved without its values answers every probe as before."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import stores_with_probe

from cacheview.engine import RULE_SETS, ImageCache, explain
from cacheview.model import ContainerConfig, Image, ImageStore, Probe, SuiteCase, decode
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.save import suite_line

pytestmark = pytest.mark.slow

VALUES = {"A=1": "A=echo", "A=2": "A=echo hi there"}


def with_repeated_values(config: ContainerConfig | None) -> ContainerConfig | None:
    """Use values that also occur in the commands and are long enough to be removed there."""
    if config is None or config.Env is None:
        return config
    return config.model_copy(update={"Env": tuple(VALUES[entry] for entry in config.Env)})


def image_with_repeated_values(image: Image) -> Image:
    config = image.config.model_copy(update={"container_config": with_repeated_values(image.config.container_config)})
    return image.model_copy(update={"config": config})


@given(case=stores_with_probe(), rules=st.sampled_from(sorted(RULE_SETS)), env=st.booleans(), labels=st.booleans())
@examples(1.25)
def test_redaction_preserves_every_verdict(case: tuple[ImageStore, Probe], rules: str, env: bool, labels: bool) -> None:
    store = ImageStore(tuple(map(image_with_repeated_values, case[0].images)))
    probe = case[1].model_copy(update={"config": with_repeated_values(case[1].config)})
    line = "".join(suite_line(OpenedCase("s", store, rules), probe=probe, redact_env=env, redact_labels=labels))
    saved = decode(SuiteCase, line.encode(), where="saved")
    before = explain(ImageCache(store, RULE_SETS[rules]), probe).verdict
    after = explain(ImageCache(ImageStore(saved.images), RULE_SETS[rules]), saved.probes[0].probe).verdict
    assert after.outcome == before.outcome
    assert (after.image and after.image.id) == (before.image and before.image.id)
    assert [source.id for source in after.sources] == [source.id for source in before.sources]
