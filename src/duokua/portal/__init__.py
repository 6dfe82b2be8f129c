"""The web door for people (门户): home and the pages that join several floors."""
