"""Publishers' keys that a hospital trusts, or no longer does."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.plugin_forms import Form, TextForm
from allward.identity.permissions import ADMINISTER
from allward.kernel.texts import Text
from allward.registry.actions import trust_key, trust_own_key
from allward.registry.models import TrustedKey
from allward.registry.words_on_keys import Word, conflict_of
from allward_sdk.errors import UntrustedError
from allward_sdk.trust.keys import PublisherKey

_OWN_KEY = Text(
    "This is the hospital's own key; it cannot be replaced or revoked here.",
    "这是本院自己的密钥，不能在此更换或吊销。",
)


class WordOnKeyForm(Form):
    """What one of those who speak of a key says."""

    publisher = serializers.CharField()
    prefixes = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=["active", "rotated", "revoked"])
    reason = serializers.CharField()


class PublisherKeyForm(Form):
    """A key with what the hospital believes of it."""

    keyid = serializers.CharField()
    public = serializers.CharField(help_text="the Ed25519 public key in hexadecimal")
    publisher = serializers.CharField()
    prefixes = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=["active", "rotated", "revoked"])
    reason = serializers.CharField()
    own = serializers.BooleanField()
    by_hand = WordOnKeyForm(
        help_text="what a person of the hospital decided; null: nobody has", allow_null=True
    )
    by_catalogue = WordOnKeyForm(
        help_text="what a catalogue said last; null: none has spoken", allow_null=True
    )
    conflict = TextForm(help_text="how the two differ, and what holds; null: they agree", allow_null=True)
    added_at = serializers.DateTimeField()
    added_by = serializers.CharField()


class PublisherKeysForm(Form):
    """Every key, by publisher."""

    keys = PublisherKeyForm(many=True)


class PublishersForm(Form):
    """Keys as `publishers.json` lists them, or as `allward plugin key show` prints one."""

    publishers = serializers.ListField(child=serializers.DictField(), max_length=1000)


class PublisherKeysView(APIView):
    """The keys of the caller's own hospital, its own among them."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: PublisherKeysForm})
    def get(self, request: Request) -> Response:
        """List them."""
        trust_own_key()
        return Response(_keys_json(request))

    @extend_schema(request=PublishersForm, responses={201: PublisherKeysForm, 400: dict})
    def post(self, request: Request) -> Response:
        """Trust keys as far as they say, or change what is believed of them."""
        asked = PublishersForm(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            keys = [
                PublisherKey.from_json(entry, place=f"entry {number}")
                for number, entry in enumerate(asked.validated_data["publishers"], 1)
            ]
            _leave_own_key_alone(request, keys)
            with transaction.atomic():
                for key in keys:
                    trust_key(key)
        except UntrustedError as error:
            text = Text(f"The key is refused: {error}", f"密钥被拒绝：{error}")
            raise Refusal("key_refused", text) from error
        return Response(_keys_json(request), status=status.HTTP_201_CREATED)


def _leave_own_key_alone(request: Request, keys: list[PublisherKey]) -> None:
    """Refuse to believe the hospital's own key less: it signs on, and would be believed again at once."""
    told = [key.keyid for key in keys if key.state != "active"]
    rows = TrustedKey.objects.filter(tenant_id=caller_of(request).scope.home)
    if rows.filter(own=True, keyid__in=told).exists():
        raise Refusal("own_key", _OWN_KEY)


def _keys_json(request: Request) -> dict[str, Any]:
    rows = TrustedKey.objects.filter(tenant_id=caller_of(request).scope.home)
    return {"keys": [_key_json(row) for row in rows.order_by("publisher", "keyid")]}


def _key_json(row: TrustedKey) -> dict[str, Any]:
    conflict = conflict_of(Word.from_json(row.hand_said), Word.from_json(row.catalogue_said))
    return {
        "keyid": row.keyid,
        "public": row.public,
        "publisher": row.publisher,
        "prefixes": row.prefixes,
        "state": row.state,
        "reason": row.reason,
        "own": row.own,
        "by_hand": row.hand_said,
        "by_catalogue": row.catalogue_said,
        "conflict": conflict.to_json() if conflict else None,
        "added_at": row.added_at,
        "added_by": row.added_by,
    }
