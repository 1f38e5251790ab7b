"""Plug-in versions of a hospital: what it knows, takes in, installs, enables and takes out again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.engine import fit_here, fit_json
from allward.api.errors import Refusal
from allward.api.packages import PackageParser, received_package
from allward.api.parameters import refused_by_field
from allward.api.plugin_forms import (
    InstallForm,
    ParametersForm,
    VersionDetailForm,
    VersionForm,
    VersionsForm,
    YankOrderForm,
)
from allward.api.plugin_json import (
    department_json,
    detail_json,
    history_json,
    places_to_go_back,
    version_json,
)
from allward.identity.permissions import ADMINISTER, VIEW
from allward.kernel.states import ForbiddenTransitionError
from allward.kernel.texts import Text
from allward.registry.actions import (
    NothingEarlierError,
    import_package,
    install,
    yank,
)
from allward.registry.models import Installation
from allward.registry.queries import KnownVersion, departments_of, known_versions
from allward.registry.trust import NotPermittedError
from allward.routing.actions import (
    change_values,
    enable_installation,
    roll_back_installation,
    uninstall_installation,
)
from allward.routing.slots import refuse_unknown_slots
from allward_runner.apps import UnknownAppError
from allward_sdk.errors import BadInputError, ManifestError, UntrustedError

_NOTHING_EARLIER = Text(
    "No version was enabled here before this one; enable another version, or uninstall this one.",
    "此处没有可回退的更早版本；请启用其他版本或卸载该版本。",
)


def _known(request: Request, version_id: UUID) -> KnownVersion:
    known = known_versions(caller_of(request).scope.home, version_id=version_id)
    if not known:
        raise Http404
    return known[0]


@contextmanager
def _refused_by_gate() -> Iterator[None]:
    """Say in words that something has to be there first."""
    try:
        yield
    except NotPermittedError as error:
        raise Refusal(error.code, error.text, status_code=status.HTTP_409_CONFLICT) from error


def _places(request: Request) -> set[tuple[str, UUID | None]]:
    return places_to_go_back(known_versions(caller_of(request).scope.home))


class PluginsView(APIView):
    """Every plug-in version that the caller's hospital knows."""

    permission_classes = (requires(ADMINISTER, VIEW),)

    @extend_schema(operation_id="plugins_list", responses={200: VersionsForm})
    def get(self, request: Request) -> Response:
        """List them with their installations, by plug-in and the newest version first."""
        home = caller_of(request).scope.home
        known = known_versions(home)
        places = places_to_go_back(known)
        return Response(
            {
                "plugins": [version_json(one, places) for one in known],
                "departments": [department_json(row) for row in departments_of(home)],
            }
        )


class PluginView(APIView):
    """One version with its model card, what it finds, its licences and its history."""

    permission_classes = (requires(ADMINISTER, VIEW),)

    @extend_schema(responses={200: VersionDetailForm, 404: dict})
    def get(self, request: Request, version_id: UUID) -> Response:
        """Say all of it; the history is for administrators."""
        one = _known(request, version_id)
        administers = ADMINISTER in caller_of(request).scope.permissions
        home = one.taken_in.tenant_id
        return Response(
            {
                **version_json(one, _places(request)),
                **detail_json(one.version),
                "fit": fit_json(fit_here(one.version, home)) if administers else None,
                "history": history_json(one) if administers else [],
            }
        )


class PluginImportView(APIView):
    """The way of a package into the hospital."""

    permission_classes = (requires(ADMINISTER),)
    parser_classes = (PackageParser,)

    @extend_schema(
        request={"application/octet-stream": bytes}, responses={201: VersionForm, 400: dict, 413: dict}
    )
    def post(self, request: Request) -> Response:
        """Check the package that is the body, and take it in; nothing runs yet."""
        with received_package(request) as path:
            try:
                version = import_package(path, models_folder=settings.ALLWARD.home / "models")
            except (ManifestError, UntrustedError) as error:
                raise Refusal(
                    "package_refused", Text(f"The package is refused: {error}", f"插件包被拒绝：{error}")
                ) from error
        answer = version_json(_known(request, version.pk), _places(request))
        return Response(answer, status=status.HTTP_201_CREATED)


class PluginInstallView(APIView):
    """The installation of a version in a department."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=InstallForm, responses={201: VersionForm, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, version_id: UUID) -> Response:
        """Install it; nothing runs before it is enabled."""
        asked = InstallForm(data=request.data)
        asked.is_valid(raise_exception=True)
        one = _known(request, version_id)
        code = asked.validated_data["department"]
        department = get_object_or_404(departments_of(one.taken_in.tenant_id), code=code) if code else None
        try:
            refuse_unknown_slots(one.version)
        except UnknownAppError as error:
            raise BadInputError(str(error)) from error
        fit = fit_here(one.version, one.taken_in.tenant_id)
        if fit.refused is not None:
            raise Refusal("resources", fit.refused, status_code=status.HTTP_409_CONFLICT)
        with refused_by_field(), _refused_by_gate(), transaction.atomic():
            row = install(version=one.version, department=department)
            if "parameters" in asked.validated_data:
                change_values(row.pk, asked.validated_data["parameters"])
        answer = version_json(_known(request, version_id), _places(request))
        answer["warnings"] += [{"code": "resources", **text.to_json()} for text in fit.warnings]
        return Response(answer, status=status.HTTP_201_CREATED)


class _MoveView(APIView):
    """A move in the life of an installation; the answer is the version as it stands afterwards."""

    permission_classes = (requires(ADMINISTER),)

    def _moved(self, request: Request, installation_id: UUID, move: Callable[[UUID], Any]) -> Response:
        row = get_object_or_404(Installation, pk=installation_id, tenant_id=caller_of(request).scope.home)
        try:
            with refused_by_field(status_code=status.HTTP_409_CONFLICT), _refused_by_gate():
                move(row.pk)
        except ForbiddenTransitionError as error:
            text = Text(f"This cannot be done: {error}.", f"无法执行：该安装当前状态为“{row.state}”。")
            raise Refusal("wrong_state", text, status_code=status.HTTP_409_CONFLICT) from error
        except NothingEarlierError as error:
            raise Refusal(
                "nothing_earlier", _NOTHING_EARLIER, status_code=status.HTTP_409_CONFLICT
            ) from error
        return Response(version_json(_known(request, row.plugin_version_id), _places(request)))


class EnableView(_MoveView):
    """The beginning of new runs with an installed version."""

    @extend_schema(request=None, responses={200: VersionForm, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """Enable it; the version that was enabled here is superseded, its jobs end on it."""
        return self._moved(request, installation_id, enable_installation)


class RollBackView(_MoveView):
    """The way back to the version before."""

    @extend_schema(request=None, responses={200: VersionForm, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """Enable the version that was here before; jobs that have begun end on theirs."""
        return self._moved(request, installation_id, roll_back_installation)


class YankView(_MoveView):
    """The withdrawal of a version from the hospital."""

    @extend_schema(request=YankOrderForm, responses={200: VersionForm, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """Withdraw it: no new run begins, its results stay and say so."""
        asked = YankOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        return self._moved(request, installation_id, lambda row_id: yank(row_id, reason=reason))


class UninstallView(_MoveView):
    """The removal of a version from a department."""

    @extend_schema(request=None, responses={200: VersionForm, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """Take it out with its rules; its results stay."""
        return self._moved(request, installation_id, uninstall_installation)


class ParametersView(_MoveView):
    """Values of a version's parameters where it is installed."""

    @extend_schema(request=ParametersForm, responses={200: VersionForm, 400: dict, 404: dict, 409: dict})
    def put(self, request: Request, installation_id: UUID) -> Response:
        """Set them in place of all that were set; they count for runs that begin from now on.

        Where acceptance is asked for, a version that was accepted with others is only verified again, and
        one that is enabled keeps its own.
        """
        asked = ParametersForm(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data["values"]
        row = get_object_or_404(Installation, pk=installation_id, tenant_id=caller_of(request).scope.home)
        with refused_by_field(), _refused_by_gate():
            change_values(row.pk, values)
        return Response(version_json(_known(request, row.plugin_version_id), _places(request)))
