"""The harness's assertions show both sides, as those in tests do."""

import pytest

pytest.register_assert_rewrite("tests.unit.keras.harness")
