"""Users (global) and what they are in which hospital (tenant)."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.tenancy.models import Department, TenantRecord


class Role(models.TextChoices):
    """What a person is in a hospital."""

    RADIOLOGIST = "radiologist"
    SURGEON = "surgeon"
    PATHOLOGIST = "pathologist"
    TECHNOLOGIST = "technologist"
    TENANT_ADMINISTRATOR = "tenant_administrator"
    VENDOR = "vendor"
    AUDITOR = "auditor"
    PLATFORM_OPERATOR = "platform_operator"


class User(AbstractBaseUser):
    """A person or a machine that can sign in. What it may do stands in its memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    display_name = models.TextField()
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    failed_sign_ins = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]
    objects = BaseUserManager["User"]()


class Membership(TenantRecord):
    """One role of one user in one hospital, in one department or in all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, db_constraint=False)
    role = models.TextField(choices=Role.choices)

    class Meta:
        """The same role is held once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "user", "role", "department"],
                name="membership_once",
                nulls_distinct=False,
            ),
        )


class ApiToken(models.Model):
    """A bearer token: only its digest is kept. Global, since it is looked up before the tenant is known."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    tenant_id = models.UUIDField()
    name = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
