"""What a VPC lets through: security groups, routes and network ACLs, held against the ways that are opened here."""
