"""What AWS refuses of a request whatever the account holds: by the constraints of botocore's models, and a whole
resource by CloudFormation's schema of it, which cfn-lint has for each region.
"""
