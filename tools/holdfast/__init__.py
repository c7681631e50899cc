"""Operates Holdfast: deploys it, and does what operators do by right of IAM."""
