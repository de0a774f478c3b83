"""The dialogs about rule sets: one in full, the changes between two, and the choice by version."""
