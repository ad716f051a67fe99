"""Who may grant which rights: users who manage users must not gain rights they do not have, neither directly nor through another account."""

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

VERBS = {"add": _("adding"), "change": _("changing"), "delete": _("deleting"), "view": _("viewing")}


def grantable(user: User | AnonymousUser) -> QuerySet[Permission]:
    """The rights that the user may grant, limited to models that have an admin page."""
    kinds = ContentType.objects.get_for_models(*admin.site._registry).values()
    return of_user(user).filter(content_type__in=[kind.pk for kind in kinds])


def label_of(right: Permission) -> str:
    """The right in the reader's language; Django stores its name in English."""
    model = right.content_type.model_class()
    if model is None:
        return str(right)
    verb, _mark, name = right.codename.partition("_")
    what = VERBS[verb] if verb in VERBS and name == model._meta.model_name else gettext(right.name)
    return f"{capfirst(model._meta.verbose_name_plural)}: {what}"


def of_user(user: User | AnonymousUser) -> QuerySet[Permission]:
    """All rights of a user, direct or by group; also of an inactive user, who may be reactivated."""
    rows = Permission.objects.select_related("content_type").order_by("content_type__app_label", "codename")
    if user.is_superuser:
        return rows
    mine = Permission.objects.filter(Q(user=user.pk) | Q(group__user=user.pk))
    return rows.filter(pk__in=mine.values("pk"))


def cover_user(user: User | AnonymousUser, other: User) -> bool:
    """Whether `user` has every right that `other` has."""
    if user.is_superuser:
        return True
    return not other.is_superuser and not of_user(other).exclude(pk__in=of_user(user).values("pk")).exists()


def cover_group(user: User | AnonymousUser, group: Group) -> bool:
    return user.is_superuser or not group.permissions.exclude(pk__in=of_user(user).values("pk")).exists()


def groups_within(user: User | AnonymousUser) -> QuerySet[Group]:
    """Groups that grant nothing the user does not have."""
    if user.is_superuser:
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=of_user(user).values("pk"))
    return Group.objects.exclude(permissions__in=beyond.values("pk"))
