"""The base of every API view: routes, paging, filters, bodies, errors, OpenAPI. Imports no app."""
