"""The plugin ``essecurity``: typed resources of the rooms, spoken over the Pulumi engine's own protocol."""

PACKAGE = "essecurity"
PACKAGE_VERSION = "0.1.0"
