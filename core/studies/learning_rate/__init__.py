"""How large a step?"""
