"""The issuer: mints health records as credentials, and says later what became of them."""
