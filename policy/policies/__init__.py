"""Policies on the inputs of our resource types. All but `pack` and `marks` is pure, and knows nothing of Pulumi.

The folder stands by itself: a security team may copy it, or publish it. So nothing of the project is imported here.
"""
