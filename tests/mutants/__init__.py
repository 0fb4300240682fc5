"""Guards, broken one at a time, and the emitted tests that have to notice.

Not here are guards that stand behind another one of the same layer, so that nobody outside can
tell whether they are there:

- the canonical form of base64 and unknown headers in a token: joserfc refuses them as well;
- the conditions of an update before it: the row is looked at again after it;
- the permission in the second function of an action: the first one ran in the same transaction.
"""
