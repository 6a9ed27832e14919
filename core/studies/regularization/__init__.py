"""Does holding a network back make it better?"""
