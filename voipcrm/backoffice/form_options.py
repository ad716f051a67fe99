"""What Django makes forms with."""

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Generic, TypedDict, TypeVar

from django.db.models import Model
from django.forms.renderers import BaseRenderer
from django.forms.utils import ErrorList

if TYPE_CHECKING:
    from typing import TypeAlias

    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict

    Data: TypeAlias = Mapping[str, object] | None
    Files: TypeAlias = MultiValueDict[str, UploadedFile[bytes]] | None

M = TypeVar("M", bound=Model)


class ModelFormOptions(TypedDict, Generic[M], total=False):
    """Arguments of a ModelForm beside the submitted data and files."""

    auto_id: bool | str
    prefix: str | None
    initial: MutableMapping[str, object] | None
    error_class: type[ErrorList]
    label_suffix: str | None
    empty_permitted: bool
    instance: M | None
    use_required_attribute: bool | None
    renderer: BaseRenderer | None
