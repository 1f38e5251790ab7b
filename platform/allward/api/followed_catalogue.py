"""The catalogue that a hospital follows: named, read, and what it lists. Nothing is installed by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.plugin_forms import Form, TextForm, VersionForm
from allward.api.plugin_json import places_to_go_back, version_json
from allward.identity.permissions import ADMINISTER
from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.registry.actions import (
    NoCatalogueError,
    forget_catalogue,
    import_followed,
    name_catalogue,
    sync_catalogue,
)
from allward.registry.models import FollowedCatalogue, VersionImport
from allward.registry.queries import known_versions
from allward.tenancy.scope import within
from allward_sdk.errors import BusyError, CatalogueError, ManifestError, TemporaryError, UntrustedError

_BUSY = Text("The catalogue is being read just now; try again in a minute.", "正在读取插件目录，请稍后再试。")
_NONE = Text("This hospital follows no catalogue; name one first.", "本院尚未设定插件目录，请先设定。")


class EntryForm(Form):
    """One version that the catalogue lists."""

    plugin = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()
    size_bytes = serializers.IntegerField()
    yanked = serializers.CharField(allow_null=True, help_text="why it was withdrawn; null: it was not")
    taken_in = serializers.BooleanField()


class CatalogueForm(Form):
    """What is known of the catalogue."""

    location = serializers.CharField()
    fingerprint = serializers.CharField(help_text="sha256 of the root.json that was given")
    named_at = serializers.DateTimeField()
    named_by = serializers.CharField()
    tried_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    age_s = serializers.IntegerField(allow_null=True, help_text="since it was read")
    expires = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField(help_text="older than its greatest age: nothing can be taken in")
    fault = TextForm(allow_null=True, help_text="why it could not be read when it was tried last")
    entries = EntryForm(many=True)


class FollowedForm(Form):
    """The catalogue that the hospital follows; null: none."""

    catalogue = CatalogueForm(allow_null=True)


class NameForm(Form):
    """Which catalogue is to be followed."""

    location = serializers.CharField(max_length=1000, help_text="folder or http(s) address")
    root_json = serializers.CharField(
        max_length=500_000,
        trim_whitespace=False,
        help_text="the text of root.json, byte for byte, as its publisher gave it",
    )


class TakeInForm(Form):
    """Which version is to be taken in."""

    plugin = serializers.CharField(max_length=100)
    version = serializers.CharField(max_length=50)


outside_transactions = method_decorator(transaction.non_atomic_requests, name="dispatch")
"""For views that wait for a catalogue: no transaction is open meanwhile, the actions open short ones."""


def _answer(request: Request) -> Response:
    scope = caller_of(request).scope
    with within(scope):
        row = FollowedCatalogue.objects.filter(tenant_id=scope.home).first()
        return Response({"catalogue": None if row is None else _json(row)})


def _json(row: FollowedCatalogue) -> dict[str, Any]:
    taken_in = set(
        VersionImport.objects.filter(tenant_id=row.tenant_id).values_list("plugin_version__digest", flat=True)
    )
    fault = Text(row.fault, f"无法读取目录：{row.fault}") if row.fault else None
    return {
        "location": row.source,
        "fingerprint": row.fingerprint,
        "named_at": row.named_at,
        "named_by": row.named_by,
        "tried_at": row.tried_at,
        "read_at": row.read_at,
        "age_s": None if row.read_at is None else int((now() - row.read_at).total_seconds()),
        "expires": row.expires,
        "stale": row.expires is not None and row.expires <= now(),
        "fault": None if fault is None else fault.to_json(),
        "entries": [{**entry, "taken_in": entry["digest"] in taken_in} for entry in row.entries],
    }


@contextmanager
def _refused() -> Iterator[None]:
    """Turn what a catalogue or a package in it is refused for into an answer in both languages."""
    try:
        yield
    except NoCatalogueError as error:
        raise Refusal("no_catalogue", _NONE, status_code=status.HTTP_409_CONFLICT) from error
    except BusyError as error:
        raise Refusal("catalogue_busy", _BUSY, status_code=status.HTTP_409_CONFLICT) from error
    except TemporaryError as error:
        text = Text(f"The catalogue cannot be reached: {error}", f"暂时无法读取目录：{error}")
        raise Refusal("catalogue_away", text) from error
    except CatalogueError as error:
        text = Text(f"The catalogue is refused: {error}", f"目录被拒绝：{error}")
        raise Refusal("catalogue_refused", text) from error
    except (ManifestError, UntrustedError) as error:
        text = Text(f"The package is refused: {error}", f"插件包被拒绝：{error}")
        raise Refusal("package_refused", text) from error


@outside_transactions
class FollowedCatalogueView(APIView):
    """The catalogue of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: FollowedForm})
    def get(self, request: Request) -> Response:
        """Say which it is, how old, and what it lists."""
        return _answer(request)

    @extend_schema(request=NameForm, responses={200: FollowedForm, 400: dict, 409: dict})
    def put(self, request: Request) -> Response:
        """Follow this one from now on; it is read at once, and again each hour."""
        asked = NameForm(data=request.data)
        asked.is_valid(raise_exception=True)
        with _refused():
            name_catalogue(asked.validated_data["location"], asked.validated_data["root_json"].encode())
        return _answer(request)

    @extend_schema(responses={200: FollowedForm, 409: dict})
    def delete(self, request: Request) -> Response:
        """Follow none any more; what was withdrawn by its word stays so."""
        with _refused():
            forget_catalogue()
        return _answer(request)


@outside_transactions
class CatalogueSyncView(APIView):
    """A reading of the catalogue now."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: FollowedForm, 409: dict})
    def post(self, request: Request) -> Response:
        """Read it: new versions are listed, withdrawals and keys count; `fault` says if it could not be."""
        with _refused():
            sync_catalogue()
        return _answer(request)


@outside_transactions
class CatalogueTakeInView(APIView):
    """The way of a version from the catalogue into the hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=TakeInForm, responses={201: VersionForm, 400: dict, 409: dict})
    def post(self, request: Request) -> Response:
        """Bring the package, check it, and take it in; nothing runs yet."""
        asked = TakeInForm(data=request.data)
        asked.is_valid(raise_exception=True)
        scope = caller_of(request).scope
        with _refused():
            version = import_followed(**asked.validated_data, models_folder=settings.ALLWARD.home / "models")
        with within(scope):
            known = known_versions(scope.home)
            (one,) = (each for each in known if each.version.pk == version.pk)
            body = version_json(one, places_to_go_back(known))
        return Response(body, status=status.HTTP_201_CREATED)
