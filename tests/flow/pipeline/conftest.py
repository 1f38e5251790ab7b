"""The real engine, for whatever goes through the whole pipeline."""

import pytest
from django.conf import settings
from tests.engine_process import running_engine
from tests.flow.pipeline.working import MODELS


@pytest.fixture(scope="module")
def engine():
    with running_engine(settings.ALLWARD.engine_socket, MODELS) as process:
        yield process
