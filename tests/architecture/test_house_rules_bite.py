"""Each rule is handed a planted breach and finds it, and leaves what is right alone."""

import pytest

from tests.architecture import house_rules

ROOTS = ("platform", "apps")


def test_a_file_of_301_lines_is_found_and_one_of_300_is_not() -> None:
    assert house_rules.too_long("platform/allward/a.py", "x = 1\n" * 301)
    assert not house_rules.too_long("platform/allward/a.py", "x = 1\n" * 300)
    assert house_rules.too_long("tests/unit/test_a.py", "x = 1\n" * 401)


def test_a_generated_migration_may_be_long() -> None:
    assert not house_rules.too_long("platform/allward/runs/migrations/0001_initial.py", "\n" * 900)


@pytest.mark.parametrize(
    "path", ["platform/allward/runs/utils.py", "platform/allward/common/ids.py", "apps/a/base.py"]
)
def test_a_vague_name_is_found(path: str) -> None:
    assert house_rules.vague_name(path)


def test_a_telling_name_is_left_alone() -> None:
    assert not house_rules.vague_name("platform/allward/runs/actions.py")
    assert not house_rules.vague_name("platform/allward/tenancy/postgresql/base.py")


def test_an_init_file_in_a_source_root_is_found() -> None:
    assert house_rules.source_root_layout(["platform/__init__.py"], ROOTS)
    assert house_rules.source_root_layout(["apps/__init__.py"], ROOTS)


def test_a_package_named_like_the_standard_library_is_found() -> None:
    assert house_rules.source_root_layout(["platform/signal/__init__.py"], ROOTS)
    assert house_rules.source_root_layout(["apps/queue.py"], ROOTS)
    assert not house_rules.source_root_layout(["platform/allward/__init__.py"], ROOTS)


@pytest.mark.parametrize("text", ["", '"""Jobs."""', "x = 1", '"""Runs and jobs and claims"""'])
def test_a_package_that_does_not_say_why_it_exists_is_found(text: str) -> None:
    assert house_rules.unexplained_package("platform/allward/runs/__init__.py", text)


def test_a_package_that_says_why_is_left_alone() -> None:
    assert not house_rules.unexplained_package("a/__init__.py", '"""Bytes: where they lie and stay."""')


@pytest.mark.parametrize(
    "text",
    [
        "from django.dispatch import receiver",
        "from django.db.models.signals import post_save",
        "from django.db.models import signals",
        "import django.dispatch",
    ],
)
def test_a_django_signal_is_found(text: str) -> None:
    assert house_rules.uses_signals("a.py", text)


def test_signals_of_the_operating_system_are_left_alone() -> None:
    assert not house_rules.uses_signals("a.py", "import signal\nfrom signal import SIGTERM")


@pytest.mark.parametrize(
    "text",
    [
        'Text("No images.", "")',
        'Text("No images.")',
        'Text("No images.", "No images.")',
        'Text(en="No images.", zh="no pictures")',
        '{"en": "Liver", "zh": "Liver"}',
        'Text(f"{n} slices", f"{n}")',
    ],
)
def test_a_missing_translation_is_found(text: str) -> None:
    assert house_rules.untranslated("a.py", text)


@pytest.mark.parametrize(
    "text", ['Text("Liver", "肝脏")', "Text(en, zh)", '{"en": en, "zh": zh}', '{"en": 1}']
)
def test_a_pair_of_sentences_is_left_alone(text: str) -> None:
    assert not house_rules.untranslated("a.py", text)


@pytest.mark.parametrize("mark", ["# no" + "qa", "# no" + "qa: S104", "# type: " + "ignore[misc]"])
def test_a_silenced_check_without_a_reason_is_found(mark: str) -> None:
    assert house_rules.silenced_without_reason("a.py", f"x = 1  {mark}\n")
    assert not house_rules.silenced_without_reason(
        "a.py", f"x = 1  {mark}  # compared with, never bound to\n"
    )


def test_a_mark_for_later_is_found() -> None:
    assert house_rules.unfinished("a.py", "# TO" + "DO: write it")
    assert house_rules.unfinished("a.py", "raise NotImplemented" + "Error")
    assert not house_rules.unfinished("a.py", "return NotImplemented")


@pytest.mark.parametrize(
    "text",
    [
        "CELERY_TASK_ALWAYS_" + "EAGER = True",
        "'channels.layers.InMemory" + "ChannelLayer'",
        "'ENGINE': 'django.db.backends.sqli" + "te3'",
    ],
)
def test_a_stand_in_for_a_service_is_found(text: str) -> None:
    assert house_rules.stands_in_for_a_service("tests/flow/conftest.py", text)
    assert not house_rules.stands_in_for_a_service("tests/flow/conftest.py", "in memory of eager layers")


def test_the_host_of_a_package_registry_is_found() -> None:
    host = ".".join(("files", "pythonhosted", "org"))
    assert house_rules.names_of_registries("a.lock", f"https://{host}/x.whl")
    assert not house_rules.names_of_registries("a.md", "the wheel comes from PyPI")


def test_the_folder_of_one_machine_is_found() -> None:
    assert house_rules.paths_of_a_machine("a.py", "open('/ro" + "ot/x/y')")
    assert not house_rules.paths_of_a_machine(
        "a.py", "https://host/ro" + "ot/x, ./wo" + "rk/x, /var/lib/allward"
    )
