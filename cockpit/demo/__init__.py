"""The demo: a throwaway repository, a plan, and a scripted local model in place of a real one."""
