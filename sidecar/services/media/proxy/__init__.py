"""Proxies: small files that stand for those that are heavy to decode."""
