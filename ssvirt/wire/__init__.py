"""VCD's wire format: declarations (types), the codec, media types, link relations. No Django in here."""
