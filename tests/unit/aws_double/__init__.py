"""An AWS in this process, made from botocore's own shapes: it stores every member that a request can have, fills in
what AWS documents that it fills in, and answers on the wire, so that retries, parsing and errors are botocore's own.
"""
