"""What flows between the rooms: content-addressed artifacts, their records, and their wiring.

Reading order: `outcome` (what a stage gives), `store` (where it is kept), `fingerprint` (what it was
made from), `reasons` (why it ran), `sound` (whether what is stored is as it was made), `io_manager`
and `stage` (how Dagster sees all of it).
"""
