"""Passwords as the product keeps them, but made in no time: to make one a million rounds take nearly half a second, and so they do to try one."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    iterations = 1
