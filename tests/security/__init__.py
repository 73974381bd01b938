"""Security scanners on what a deploy makes: scan.sh."""
