"""What every API view stands on: routes, paging, filters, bodies, errors, OpenAPI. Knows no app."""
