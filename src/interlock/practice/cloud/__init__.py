"""A cloud to practise on: moto's server behind one endpoint, with a stand-in for Elastic Beanstalk, in a child process.

It lives in practice and not in testing because `interlock demo` plays on it; tests come down and use the same one. It
imports nothing of the product: what is practised on must not know what is in front of it.
"""
