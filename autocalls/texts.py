"""Messages for refused visitors, in the languages of the widgets."""

from collections.abc import Mapping
from typing import Final

from widgets.texts import TEXTS

REFUSALS: Final[Mapping[str, Mapping[str, str]]] = {
    "pl": {
        "slot_taken": "Ten termin właśnie zajęto. Wybierz inny.",
        "number_extension": "Numeru wewnętrznego ({extension}) nie możemy wybrać. Podaj numer bez niego.",
        "number_refused": "Na numery tego rodzaju nie oddzwaniamy. Podaj zwykły numer stacjonarny lub komórkowy.",
        "country_refused": "Do tego kraju nie dzwonimy.",
        "robot": "Nie udało się przyjąć zgłoszenia. Zadzwoń do nas.",
        "form_expired": "Formularz jest nieaktualny. Otwórz go ponownie.",
        "limit": "Za dużo zgłoszeń. Spróbuj później lub zadzwoń do nas.",
        "not_yours": "To zgłoszenie można odwołać tylko tam, skąd je wysłano.",
        "too_late": "Tej rozmowy nie można już odwołać.",
        "unknown_request": "Nie ma takiego zgłoszenia.",
    },
    "en": {
        "slot_taken": "Somebody has just taken this time. Please choose another one.",
        "number_extension": "We cannot dial an extension ({extension}). Please give the number without it.",
        "number_refused": "We cannot call numbers of this kind. Please give a plain fixed or mobile number.",
        "country_refused": "We do not call this country.",
        "robot": "We could not take this request. Please call us.",
        "form_expired": "The form is out of date. Please open it again.",
        "limit": "Too many requests. Please try later, or call us.",
        "not_yours": "This request can only be canceled from where it was made.",
        "too_late": "It is too late to cancel this call.",
        "unknown_request": "There is no such request.",
    },
    "uk": {
        "slot_taken": "Цей час щойно зайняли. Оберіть інший.",
        "number_extension": "Ми не можемо набрати внутрішній номер ({extension}). Вкажіть номер без нього.",
        "number_refused": "На такі номери ми не телефонуємо. Вкажіть звичайний стаціонарний або мобільний номер.",
        "country_refused": "До цієї країни ми не телефонуємо.",
        "robot": "Не вдалося прийняти запит. Зателефонуйте нам.",
        "form_expired": "Форма застаріла. Відкрийте її знову.",
        "limit": "Забагато запитів. Спробуйте пізніше або зателефонуйте нам.",
        "not_yours": "Цей запит можна скасувати лише там, звідки його надіслано.",
        "too_late": "Цю розмову вже не можна скасувати.",
        "unknown_request": "Такого запиту немає.",
    },
    "es": {
        "slot_taken": "Alguien acaba de reservar esa hora. Elige otra.",
        "number_extension": "No podemos marcar una extensión ({extension}). Indica el número sin ella.",
        "number_refused": "No llamamos a números de este tipo. Indica un número fijo o móvil normal.",
        "country_refused": "No llamamos a este país.",
        "robot": "No hemos podido aceptar la solicitud. Llámanos.",
        "form_expired": "El formulario ha caducado. Ábrelo de nuevo.",
        "limit": "Demasiadas solicitudes. Inténtalo más tarde o llámanos.",
        "not_yours": "Esta solicitud solo se puede cancelar desde donde se hizo.",
        "too_late": "Ya no se puede cancelar esta llamada.",
        "unknown_request": "No existe esa solicitud.",
    },
    "cs": {
        "slot_taken": "Tento termín právě někdo obsadil. Vyberte prosím jiný.",
        "number_extension": "Linku ({extension}) nemůžeme vytočit. Zadejte prosím číslo bez ní.",
        "number_refused": "Na čísla tohoto druhu nevoláme. Zadejte běžné pevné nebo mobilní číslo.",
        "country_refused": "Do této země nevoláme.",
        "robot": "Požadavek se nepodařilo přijmout. Zavolejte nám.",
        "form_expired": "Formulář už neplatí. Otevřete ho prosím znovu.",
        "limit": "Příliš mnoho požadavků. Zkuste to později nebo nám zavolejte.",
        "not_yours": "Tento požadavek lze zrušit jen odtud, odkud byl odeslán.",
        "too_late": "Tento hovor už nelze zrušit.",
        "unknown_request": "Takový požadavek neexistuje.",
    },
}


def sentence(locale: str, code: str) -> str:
    """The limits share one message, as a visitor need not know which of them was reached."""
    key = "limit" if code.startswith("limit_") else code
    return REFUSALS[locale].get(key) or TEXTS[locale][key]
