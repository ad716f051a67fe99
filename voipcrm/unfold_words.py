"""Texts of unfold, which has no translations: listed here, they are part of our catalogue."""

from django.utils.translation import gettext_noop as _

WORDS = (
    # lists
    _(" By %(filter_title)s "),
    _("Apply Filters"),
    _("Date from"),
    _("Date to"),
    _("Expand row"),
    _("From"),
    _("More actions"),
    _("Next"),
    _("No data"),
    _("No results found"),
    _("Not enough data."),
    _("Previous"),
    _("Reset filters"),
    _("Run"),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select record"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("To"),
    _("Type to search"),
    _("Value"),
    # forms and dialogs
    _("Cancel"),
    _("Choose file to upload"),
    _("Click to cancel"),
    _("Click to download"),
    _("Dataset not found. No action performed."),
    _("Date"),
    _("False"),
    _("General"),
    _("Go back"),
    _("Image preview"),
    _("Record picture"),
    _("Select currency"),
    _("Select value"),
    _("Submit"),
    _("This item will be deleted."),
    _("True"),
    _("You can not create nested object without parent"),
    # sign-in, users, the frame of every page
    _("After you've created a user, you’ll be able to edit more user options."),
    _("All applications"),
    _("Dark"),
    _("Forgotten your password or username?"),
    _("Light"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    _("Return to site"),
    _("Search apps and models..."),
    _("System"),
    _("Toggle password visibility"),
    _("Welcome"),
    _("Welcome back to"),
    _("You have been successfully logged out from the administration"),
)
