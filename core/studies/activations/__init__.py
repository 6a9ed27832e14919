"""Which activation lets a network learn?"""
