"""The base of all admin pages: lists, filters, forms, dialogs, buttons. Imports no app."""
