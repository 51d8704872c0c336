"""The verifier: checks what somebody presents, and says yes, no or not decided."""
