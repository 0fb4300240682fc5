"""The proof: every promise of the contract, tried from outside and layer by layer.

Generated from scaffold.yaml. Your own tests live beside this folder, in tests/.
"""
