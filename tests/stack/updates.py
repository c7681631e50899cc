"""Updates of nested stacks as CloudFormation makes them. `launcher.py` applies what is here."""


def keep_attributes():
    """Keeps the attributes of a nested stack's resources that an update leaves alone.

    The emulator forgets them, so that an output or a resource that refers to one of them fails: no parameter of a nested stack could be changed.
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import provisioners

    update = provisioners._update_resource

    def updated(kind, physical_id, old_props, new_props, stack_name, logical_id=None, old_attrs=None):
        if old_attrs is None:
            # Still as it was: the entry is replaced with what comes of the update.
            known = cloudformation._stacks.get(stack_name, {}).get("_resources", {}).get(logical_id, {})
            old_attrs = known.get("Attributes")
        return update(kind, physical_id, old_props, new_props, stack_name, logical_id, old_attrs)

    provisioners._update_resource = updated
