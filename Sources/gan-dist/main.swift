GanDist.main()
