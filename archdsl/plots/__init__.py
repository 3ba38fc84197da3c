"""Plots with matplotlib, which nothing else imports."""
