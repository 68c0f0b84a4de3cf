print("gan-dist")
